"""Who may do what: callers, approvers' links, console sessions."""
