import "../study/notes";
