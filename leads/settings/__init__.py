"""What an admin may change, page by page: read as one value, previewed, written with its history, reverted.

A kind of setting (`kind.py`) says how one is read and written and what a change touches; the engine (`changing.py`)
does the rest the same way for all: one transaction, one `SettingChange`, refused in words.
"""
