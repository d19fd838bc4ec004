"""The auditor: export a partnership's log, prove it, decide it anew, tell it to a review panel."""
