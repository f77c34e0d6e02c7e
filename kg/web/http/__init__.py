"""What is taken and sent as HTTP, whatever it is about: connections, clients, media types, files, pages of rows."""
