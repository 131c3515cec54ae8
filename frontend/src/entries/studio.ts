import "../upload/lesson";
import "../upload/processing";
import "../upload/publish";
import "../upload/replace";
import "../upload/storage";
import "../upload/upload";
