"""Files that clients send, and addresses that lead back to them."""
