"""The page on which a manager says whether a user asked for a reset."""
