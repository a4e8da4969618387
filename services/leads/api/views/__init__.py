"""What people see: answers, and how they are made of rows."""
