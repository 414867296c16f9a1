"""Objects in the shape of other libraries, over a lake."""
