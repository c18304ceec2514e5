"""What a manager sees of her team. Reads only, in a fixed number of statements however many reps there are."""
