/**
 * config.json of published checkpoints as far as inference needs it, with their sizes: parameters, 16-bit weights, KV cache per token.
 * Counted from the shapes; they agree with the sizes that the models' owners publish.
 */
const clip = { mm_vision_tower: "openai/clip-vit-large-patch14-336", mm_hidden_size: 1024 };
const projector = {
  mm_projector_type: "mlp2x_gelu",
  mm_vision_select_layer: -2,
  mm_vision_select_feature: "patch",
  mm_use_im_start_end: false,
  mm_use_im_patch_token: false,
};
const anyres = {
  ...clip,
  ...projector,
  image_aspect_ratio: "anyres",
  mm_patch_merge_type: "spatial_unpad",
  image_grid_pinpoints: [
    [336, 672],
    [672, 336],
    [672, 672],
    [1008, 336],
    [336, 1008],
  ],
};
const padded = { ...clip, ...projector, image_aspect_ratio: "pad" };

interface Text {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly intermediate_size: number;
  readonly vocab_size: number;
  readonly rope_theta: number;
  readonly max_position_embeddings: number;
}

const text = (
  [hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads, intermediate_size]: readonly number[],
  vocab_size: number,
  rope_theta: number,
  max_position_embeddings: number,
) =>
  ({
    hidden_size,
    num_hidden_layers,
    num_attention_heads,
    num_key_value_heads,
    intermediate_size,
    vocab_size,
    rope_theta,
    max_position_embeddings,
    hidden_act: "silu",
    tie_word_embeddings: false,
    torch_dtype: "bfloat16",
  }) as Text;

const qwen = {
  model_type: "llava_qwen",
  architectures: ["LlavaQwenForCausalLM"],
  rms_norm_eps: 1e-6,
  use_sliding_window: false,
};
const llama = { model_type: "llava_llama", architectures: ["LlavaLlamaForCausalLM"], rms_norm_eps: 1e-5 };
const mistral = {
  model_type: "llava_mistral",
  architectures: ["LlavaMistralForCausalLM"],
  rms_norm_eps: 1e-5,
  sliding_window: null,
};

const vicuna7 = text([4096, 32, 32, 32, 11008], 32000, 1e4, 4096);
const vicuna13 = text([5120, 40, 40, 40, 13824], 32000, 1e4, 4096);

export const publishedModels = [
  {
    name: "llava-next-72b",
    config: { ...qwen, ...anyres, ...text([8192, 80, 64, 64, 24576], 152064, 1e6, 32768) },
    parameters: 72_666_949_632,
    projector: 75_513_856,
    gib: 135.35,
    kvBytes: 2_621_440,
  },
  {
    name: "llava-next-110b",
    config: { ...qwen, ...anyres, ...text([8192, 80, 64, 8, 49152], 152064, 1e6, 32768) },
    parameters: 111_588_943_872,
    projector: 75_513_856,
    gib: 207.85,
    kvBytes: 327_680,
  },
  {
    name: "llama3-llava-next-8b",
    config: { ...llama, ...anyres, ...text([4096, 32, 32, 8, 14336], 128256, 5e5, 8192) },
    parameters: 8_354_752_512,
    projector: 20_979_712,
    gib: 15.56,
    kvBytes: 131_072,
  },
  {
    name: "llava-v1.6-vicuna-7b",
    config: { ...llama, ...anyres, ...vicuna7 },
    parameters: 7_062_906_880,
    projector: 20_979_712,
    gib: 13.16,
    kvBytes: 524_288,
  },
  {
    name: "llava-v1.6-vicuna-13b",
    config: { ...llama, ...anyres, ...vicuna13 },
    parameters: 13_350_844_416,
    projector: 31_467_520,
    gib: 24.87,
    kvBytes: 819_200,
  },
  {
    name: "llava-v1.6-mistral-7b",
    config: { ...mistral, ...anyres, ...text([4096, 32, 32, 8, 14336], 32000, 1e6, 32768) },
    parameters: 7_566_223_360,
    projector: 20_979_712,
    gib: 14.09,
    kvBytes: 131_072,
  },
  {
    name: "llava-v1.6-34b",
    config: { ...llama, ...anyres, ...text([7168, 60, 56, 8, 20480], 64000, 5e6, 4096) },
    parameters: 34_751_166_464,
    projector: 58_734_592,
    gib: 64.73,
    kvBytes: 245_760,
  },
  {
    name: "llava-v1.5-7b",
    config: { ...llama, ...padded, ...vicuna7 },
    parameters: 7_062_902_784,
    projector: 20_979_712,
    gib: 13.16,
    kvBytes: 524_288,
  },
  {
    name: "llava-v1.5-13b",
    config: { ...llama, ...padded, ...vicuna13 },
    parameters: 13_350_839_296,
    projector: 31_467_520,
    gib: 24.87,
    kvBytes: 819_200,
  },
] as const;
