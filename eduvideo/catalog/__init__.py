"""What people see in the catalogue: Video, Chapter, the subjects and grades; publishing."""
