"""The page on which an approver decides."""
