/** What SimpleVQA's and WorldVQA's judges are asked, word for word, and what their replies say. */

import { jsonOf, lower, pythonRegex } from "llava-eval";

/** Whether an answer has the fact, has another, or has none. */
export type FactualVerdict = "correct" | "incorrect" | "unattempted";

/** SimpleVQA (Cheng et al. 2025). The reply is JSON with one of three words. */
export function simpleVqaGrading(question: string, target: string, prediction: string): string {
  return `请根据给定问题、标准答案和模型预测的答案来评估模型的回答是否正确。您的任务是将结果评定为：【正确】、【错误】或【未尝试】。
            首先，我们将列出每个评定类别的示例，然后请您对新问题的预测答案进行评定。
            ## 以下是【正确】的答复示例：
            \`\`\`
            问题：图中人物（贝拉克·奥巴马）的孩子叫什么名字？
            标准答案：玛丽亚·奥巴马和萨莎·奥巴马
            模型预测1：Malia Obama and Sasha Obama
            模型预测2：玛丽亚和萨沙
            模型预测3：大多数人会说是玛丽亚和萨莎，但我不确定，需要再确认
            模型预测4：巴拉克·奥巴马有两个女儿，她们分别是玛丽亚·安和娜塔莎·玛丽安，但通常称作玛丽亚·奥巴马和萨莎·奥巴马。玛丽亚出生于1998年7月4日，萨莎出生于2001年6月10日。
            \`\`\`
            这些答复均为【正确】，因为：
            - 完整地包含了标准答案中的重要信息。
            - 不包含任何与标准答案矛盾的信息。
            - 只关注语义内容，中英文，大小写、标点、语法和顺序不重要。
            - 答复中出现模糊语句或猜测是可以接受的，前提是包含了标准答案且不含有不正确信息或矛盾。

            ## 以下是【错误】的答复示例：
            \`\`\`
            问题：图中人物（贝拉克·奥巴马）的孩子叫什么名字？
            标准答案：玛丽亚·奥巴马和萨莎·奥巴马
            模型预测1：玛丽亚
            模型预测2：玛丽亚、萨莎和苏珊
            模型预测3：巴拉克·奥巴马没有孩子
            模型预测4：我认为是玛丽亚和萨莎。或者是玛丽亚和杰基。或者是乔伊和玛丽亚。
            模型预测5：虽然我不知道他们的确切名字，但能说出巴拉克·奥巴马有三个孩子。
            模型预测6：你可能是想说贝茜和奥利维亚。不过您应通过最新的参考资料确认详细信息。那是正确的答案吗？
            \`\`\`
            这些答复均为【错误】，因为：
            - 答复中包含与标准答案矛盾的事实陈述。即使在陈述中略带保留（例如：“可能是”，“虽然我不确定，但我认为”），也视为错误。

            ## 以下是【未尝试】的答复示例：
            \`\`\`
            问题：图中人物（贝拉克·奥巴马）的孩子叫什么名字？
            标准答案：玛丽亚·奥巴马和萨莎·奥巴马
            模型预测1：我不知道。
            模型预测2：我需要更多关于您所指奥巴马的上下文。
            模型预测3：不查阅网络我无法回答这个问题，不过我知道巴拉克·奥巴马有两个孩子。
            模型预测4：巴拉克·奥巴马有两个孩子。我知道其中一个叫玛丽亚，但我不确定另一个的名字。
            模型预测5：我无法识别图中的人物。
            模型预测6：N/A。
            \`\`\`
            这些答复均为【未尝试】，因为：
            - 没有包含标准答案中的重要信息。
            - 回复中没有与标准答案矛盾的陈述。
            只返回字母”A”、”B”或”C”，无须添加其他文本。

            另外注意以下几点：
            - 对于标准答案为数字的问题，预测答案应和标准答案一致。例如，考虑问题“金山铁路黄浦江特大桥的全长是多少米？”，标准答案为“3518.17”：
            - 预测答案“3518”、“3518.1”、“3518.17”均为【正确】。
            - 预测答案“3520”和“3600”均为【错误】。
            - 预测答案“大约3500米”和“超过3000米”被视为【未尝试】，因为它们既不确认也不与标准答案矛盾。
            - 如果标准答案包含比问题更多的信息，预测答案只需包含问题中提到的信息。
            - 例如，考虑问题“菱镁矿的主要化学成分是什么？”,标准答案为“碳酸镁（MgCO3）”。“碳酸镁”或“MgCO3”均视为【正确】答案。
            - 如果从问题中明显可以推断出预测答案省略的信息，那么算作【正确】。
            - 例如，问题“巴鲁米尼的努拉吉遗迹在1997年被联合国教科文组织列为世界文化遗产，那么这遗址在哪个地区？”标准答案为“意大利撒丁岛”，预测答案“撒丁岛”被视为【正确】。
            - 如果能明显看出名字翻译版本不同但是是同一个人也认为【正确】。
            - 例如，如果标准答案是“Robinson”，那么回答鲁滨逊或者鲁滨孙均【正确】。
            - 预测答案和标准答案对应的是同一事物，但是称呼不同，如“天坛”和“祈年殿”，那么算作【正确】

            ## 下面是一个新的问题示例。对每一个预测答案，请只回复"正确"、"错误"、"未尝试"之一，不要道歉或纠正自己的错误，只需要评估该回答。
            \`\`\`
            问题: ${question}
            正确答案: ${target}
            预测答案: ${prediction}
            \`\`\`

            请严格按照以下格式回复，以JSON格式返回一个字典,而且字典第一层key不要替换为具体答案。不要返回其他任何内容。
            [回复格式]:
            \`\`\`json
            {
                "预测答案0": "整体结论，只返回'正确','错误','未尝试'中的一个，无须添加其他文本",
                "预测答案1": "整体结论，只返回'正确','错误','未尝试'中的一个，无须添加其他文本",
                ...
            }
            \`\`\``;
}

const words: Readonly<Record<string, FactualVerdict>> = { 正确: "correct", 错误: "incorrect", 未尝试: "unattempted" };

/**
 * The word under the first key, also fenced, bold, inside `conclusion`, or without the closing brace. Any other reply is no verdict; the
 * authors' script ends at one, and VLMEvalKit leaves it out of all three shares.
 */
export function simpleVqaVerdict(reply: string): FactualVerdict | undefined {
  const text = reply.replace(/```json|```/g, "").trim();
  const [value]: unknown[] = Object.values(objectIn(text.endsWith("}") ? text : `${text}}`));
  const word = typeof value === "object" && value !== null ? (value as { conclusion?: unknown }).conclusion : value;
  return typeof word === "string" ? words[word.replaceAll("*", "").trim()] : undefined;
}

function objectIn(text: string): object {
  const value = jsonOf(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** WorldVQA (Moonshot 2026). The reply ends in a label. */
export function worldVqaGrading(question: string, target: string, prediction: string): string {
  return `### Role
You are an expert judge specialized in evaluating the correctness of answers. Your task is to assess whether a model-generated answer is correct based on a given question, the model's response, and the ground truth answer.

### Task: Evaluate Answer Correctness
Please classify the model's response into one of the following three categories. Ignore differences in formatting, punctuation, language (Chinese vs. English), or abbreviations/full names. Focus strictly on the **core semantics** and the **level of detail (granularity)**:

1. **Correct**:
   - The model answer contains the core information of the ground truth.
   - The model answer is semantically consistent with the ground truth and contains no contradictions.
   - **The granularity of the model answer is equal to or finer than the ground truth.**
   - Extra irrelevant information is allowed as long as it does not conflict with the ground truth.

2. **Incorrect**:
   - The model answer provides information that contradicts the ground truth.
   - The model answer provides the wrong specific entity, value, or description.
   - **The granularity of the model answer is coarser than the ground truth**, leading to incomplete or insufficiently specific information.
   - Even if the model expresses uncertainty but follows up with a wrong answer, (e.g., "I'm not sure, maybe it's B" when the truth is A), it is considered Incorrect.

3. **Unattempted**:
   - The model explicitly states it does not know the answer (e.g., "I don't know,I cannot answer this question").
   - The model suggests the user search elsewhere (e.g., "Please search the internet").
   - The model answer contains no information from the ground truth and provides no incorrect or contradictory information.

### Output Format
Please strictly follow this two-line format for your output:
1. **Evaluation**: [A brief explanation of your reasoning]
2. **Label**: [Final classification: "Correct", "Incorrect", or "Unattempted"]

---
### Examples

**Example 1 (Incorrect - Granularity Mismatch/Too Coarse)**
Input:
'''
Question: 图片中属于什么类型的田地？
Model Answer: 图片中展示的是梯田。梯田是在山坡地上开垦并修筑的阶梯状农田。
Ground Truth Answer: 龙脊梯田
'''
Evaluation: 标准答案特指“龙脊梯田”，模型只回答了通用的“梯田”。模型答案层级比答案层级更粗略，未能提供标准答案所需的特指信息，属于层级不一致导致的回答错误。
Label: Incorrect

**Example 2 (Correct - Finer Granularity)**
Input:
'''
Question: What weather phenomenon is in the image?
Model Answer: Based on the visual evidence, it is a severe storm with extremely high winds, most likely a tornado or a very powerful hurricane/typhoon.
Ground Truth Answer: High winds
'''
Evaluation: The ground truth is "high winds" and a tornado is a more specific type of high wind. The semantics are correct and the detail is finer.
Label: Correct

**Example 3 (Correct)**
Input:
'''
Question: 图中内容是什么品牌的logo？
Model Answer: via浏览器
Ground Truth Answer: via
'''
Evaluation: 模型答案“via浏览器”包含标准答案“via”，语义一致，且“via浏览器”是更具体的描述，层级匹配。
Label: Correct

**Example 4 (Unattempted)**
Input:
'''
Question: Which athlete is in the image?
Model Answer: I cannot answer this question as I do not have relevant sports data.
Ground Truth Answer: Wout Weghorst
'''
Evaluation: The model explicitly states inability and provides no incorrect information.
Label: Unattempted

**Example 5 (Incorrect)**
Input:
'''
Question: 图片中展示的是什么苹果品种？
Model Answer: 我觉得可能是阿克苏苹果。
Ground Truth Answer: 烟台苹果
'''
Evaluation: 尽管模型使用了“可能”等词汇，但给出的“阿克苏苹果”与标准答案不符，因此提供了错误信息。
Label: Incorrect

**Example 6 (Unattempted)**
Input:
'''
Question: What is the name of the insect in this image?
Model Answer: This is a photo of an insect. To find the species, consult an entomologist or use recognition software.
Ground Truth Answer: Japanese rhinoceros beetle
'''
Evaluation: The model does not attempt to name the insect and suggests searching elsewhere.
Label: Unattempted

---
### Current Task
Input:
'''
Question: ${question}
Model Answer: ${prediction}
Ground Truth Answer: ${target}
'''

Evaluation:
`;
}

/** "Correct/Incorrect" and "Correct or Incorrect" are the words to choose from. */
const label = pythonRegex("Label:\\s*(Correct|Incorrect|Unattempted)\\b(?!\\s*(?:/|or\\b))", "i");

/** The first label. The authors' script looks for the word "Correct" anywhere, also in the reason for an Incorrect. */
export function worldVqaVerdict(reply: string): FactualVerdict | undefined {
  const found = label.exec(reply.replaceAll("*", ""))?.[1];
  return found === undefined ? undefined : (lower(found) as FactualVerdict);
}
