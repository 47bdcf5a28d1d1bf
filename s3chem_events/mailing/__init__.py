"""The post: knows e-mails and addresses, no event."""
