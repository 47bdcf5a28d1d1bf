"""What registrations write to people. A composer takes facts of one kind; whose registration is gone gets nothing."""
