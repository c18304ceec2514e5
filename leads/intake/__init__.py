"""What comes in from outside: files today, and everything that reads, guesses and checks them.

Nothing in this room but the import actions touches the database.
"""
