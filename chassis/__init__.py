"""What any service needs to run; knows no service."""
