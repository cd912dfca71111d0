"""Which permissions each operation takes: tables of action, resource and context by service, written from AWS's service reference."""
