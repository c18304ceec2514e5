"""What comes back by mail, read without trusting it. No module of this folder writes or asks anybody."""
