"""How lessons are received: views, and what is popular."""
