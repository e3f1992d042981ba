"""Small parts that every resource uses."""
