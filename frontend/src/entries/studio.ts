import "../upload/lesson";
import "../upload/processing";
import "../upload/publish";
import "../upload/upload";
