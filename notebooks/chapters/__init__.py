"""The pages of the book that are made from the library itself: `running` runs the programs of a page, `derivatives` makes the table
of derivatives, and `messages` lists what the library can say."""
