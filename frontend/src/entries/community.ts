import "../community";
