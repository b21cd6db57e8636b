"""What is kept on the disk: SQLite files that several programs share."""
