import "../study/guide";
