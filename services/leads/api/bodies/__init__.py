"""What people may say: bodies of requests, strict."""
