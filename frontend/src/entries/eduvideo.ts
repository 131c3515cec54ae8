/** The script for other sites: one global. */
import { EduVideo } from "../embed/helper";

Object.assign(globalThis, { EduVideo });
