"""Private enquiry: who was seen only jointly and still is to be seen alone."""
