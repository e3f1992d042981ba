"""The API's documentation as a page that needs no network."""
