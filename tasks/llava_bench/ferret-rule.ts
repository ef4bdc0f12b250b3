/** Ferret-Bench's rules for its judge, word for word (apple/ml-ferret, rule.json). */

const scene =
  "For your reference, the visual content in the image is represented with five descriptive sentences describing the same image. In addition, specific object locations within the image are given, along with detailed coordinates. These coordinates are in the form of bounding boxes, represented as (x1, y1, x2, y2) with floating numbers ranging from 0 to 1. These values correspond to the top left x, top left y, bottom right x, and bottom right y. Also, the relationships between pairs of objects are provided, in the format of object -> relationship -> subject, where the object/subject are indexed by object id from previous object lists as well as the object names. Also, several region description are given, each describing a box region of image, with detailed coordinates. \n";
const request =
  "We would like to request your feedback on the performance of two AI assistants in response to the user question displayed above. ";
const scale =
  "Each assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better overall performance.\nPlease first output a single line containing only two values indicating the scores for Assistant 1 and 2, respectively. The two scores are separated by a space.\nIn the subsequent line, please provide a comprehensive explanation of your evaluation, avoiding any potential bias and ensuring that the order in which the responses were presented does not affect your judgment.";

const referring = `${request}The user asks the question about specific region of an image. ${scene}Please rate the spatial correspondence, helpfulness, relevance, accuracy, level of details of their responses. ${scale}`;
const grounding = `${request}The user asks the question that requires model to predict the coordinates of relevant object. ${scene}Please rate the predicted coordinates, helpfulness, relevance, accuracy, level of details of their responses. Specifically, pay your attention to the precision of the coordinates and whether it matches the object. Small deviation (<20% of ground-truth box width or height) of coordinates is allowed and shouldn't be punished. More than that, the degree of deviation should be reflected in scoring too.  ${scale}`;

/** @param category `refer_desc`, `refer_reason` or `ground_conv` */
export function ferretRule(category: string): string {
  return category === "ground_conv" ? grounding : referring;
}
