/**
 * VLMEvalKit's data sets by their exact names (`vlmeval/dataset` at e8e78f05), and which of our tasks some of them are. Names begin
 * alike (`AI2D_TEST`, `AI2D_TEST_NO_MASK`; `SEEDBench2`, `SEEDBench2_Plus`), so a part of one never stands for another.
 */

/** Their data set to our task (by a name that our catalogue knows) and its main metric; what is not here keeps its own name. */
export const taskOfDataset: Readonly<Record<string, { readonly task: string; readonly metric: string }>> = {
  AI2D_TEST: { task: "ai2d", metric: "accuracy" },
  AI2D_TEST_NO_MASK: { task: "ai2d_no_mask", metric: "accuracy" },
  BLINK: { task: "blink", metric: "accuracy" },
  CCBench: { task: "mmbench_cn_cc", metric: "circular_accuracy" },
  ChartQA_TEST: { task: "chartqa", metric: "relaxed_overall" },
  CMMMU_VAL: { task: "cmmmu", metric: "accuracy" },
  COCO_VAL: { task: "coco2014_cap", metric: "CIDEr" },
  DocVQA_TEST: { task: "docvqa_test", metric: "anls" },
  DocVQA_VAL: { task: "docvqa", metric: "anls" },
  GQA_TestDev_Balanced: { task: "gqa", metric: "accuracy" },
  HallusionBench: { task: "hallusion_bench_image", metric: "aAcc" },
  InfoVQA_TEST: { task: "infovqa_test", metric: "anls" },
  InfoVQA_VAL: { task: "infovqa", metric: "anls" },
  LLaVABench: { task: "llava_in_the_wild", metric: "relative_score" },
  MathVerse_MINI: { task: "mathverse", metric: "accuracy" },
  MathVerse_MINI_Text_Dominant: { task: "mathverse_testmini_text_dominant", metric: "accuracy" },
  MathVerse_MINI_Text_Lite: { task: "mathverse_testmini_text_lite", metric: "accuracy" },
  MathVerse_MINI_Vision_Dominant: { task: "mathverse_testmini_vision_dominant", metric: "accuracy" },
  MathVerse_MINI_Vision_Intensive: { task: "mathverse_testmini_vision_intensive", metric: "accuracy" },
  MathVerse_MINI_Vision_Only: { task: "mathverse_testmini_vision_only", metric: "accuracy" },
  MathVision: { task: "mathvision", metric: "accuracy" },
  MathVision_MINI: { task: "mathvision_testmini", metric: "accuracy" },
  MathVista_MINI: { task: "mathvista", metric: "accuracy" },
  MMBench_DEV_CN: { task: "mmbench_cn", metric: "circular_accuracy" },
  MMBench_DEV_EN: { task: "mmbench_en", metric: "circular_accuracy" },
  MMBench_TEST_CN: { task: "mmbench_cn_test", metric: "circular_accuracy" },
  MMBench_TEST_EN: { task: "mmbench_en_test", metric: "circular_accuracy" },
  MME: { task: "mme", metric: "mme_perception_score" },
  MMMU_DEV_VAL: { task: "mmmu", metric: "accuracy" },
  MMMU_Pro_10c: { task: "mmmu_pro_standard", metric: "accuracy" },
  MMMU_Pro_10c_COT: { task: "mmmu_pro_standard_cot", metric: "accuracy" },
  MMMU_Pro_V: { task: "mmmu_pro_vision", metric: "accuracy" },
  MMMU_Pro_V_COT: { task: "mmmu_pro_vision_cot", metric: "accuracy" },
  MMMU_VAL: { task: "mmmu", metric: "accuracy" },
  MMStar: { task: "mmstar", metric: "accuracy" },
  "MMT-Bench_VAL": { task: "mmt_bench", metric: "accuracy" },
  "MMT-Bench_VAL_MI": { task: "mmt_bench_mi", metric: "accuracy" },
  MMVet: { task: "mmvet", metric: "score" },
  MUIRBench: { task: "muirbench", metric: "accuracy" },
  OCRBench: { task: "ocrbench", metric: "ocrbench_score" },
  POPE: { task: "pope", metric: "f1" },
  RealWorldQA: { task: "realworldqa", metric: "accuracy" },
  ScienceQA_TEST: { task: "scienceqa_img", metric: "accuracy" },
  SEEDBench2: { task: "seedbench_2", metric: "accuracy" },
  SEEDBench_IMG: { task: "seedbench", metric: "accuracy_image" },
  TextVQA_VAL: { task: "textvqa", metric: "accuracy" },
  VizWiz: { task: "vizwiz_vqa", metric: "accuracy" },
  VStarBench: { task: "vstar_bench", metric: "accuracy" },
};

/** Every name, to tell a model from a data set where the folder does not: `Qwen2-VL-7B_MMMU_Pro_10c`. */
export const datasetNames: ReadonlySet<string> = new Set(
  `
  3DSRBench A-Bench_TEST A-Bench_VAL A-OKVQA A4Bench AI2D_MINI AI2D_TEST AI2D_TEST_NO_MASK AMBER APhO_2025
  AV-SpeakerBench AesBench_TEST AesBench_VAL Asclepius AyaVisionBench BLINK BLINK_circular BMMR BMMR_mini CCBench
  CCOCR CCOCR_DocParsing_DocPhotoChn CCOCR_DocParsing_DocPhotoEng CCOCR_DocParsing_DocScanChn
  CCOCR_DocParsing_DocScanEng CCOCR_DocParsing_FormulaHandwriting CCOCR_DocParsing_MolecularHandwriting
  CCOCR_DocParsing_TablePhotoChn CCOCR_DocParsing_TablePhotoEng CCOCR_DocParsing_TableScanChn
  CCOCR_DocParsing_TableScanEng CCOCR_Kie_ColdCell CCOCR_Kie_ColdSibr CCOCR_Kie_Cord CCOCR_Kie_EphoieScut
  CCOCR_Kie_Poie CCOCR_Kie_Sroie2019Word CCOCR_MultiLanOcr_Arabic CCOCR_MultiLanOcr_French CCOCR_MultiLanOcr_German
  CCOCR_MultiLanOcr_Italian CCOCR_MultiLanOcr_Japanese CCOCR_MultiLanOcr_Korean CCOCR_MultiLanOcr_Portuguese
  CCOCR_MultiLanOcr_Russian CCOCR_MultiLanOcr_Spanish CCOCR_MultiLanOcr_Vietnamese CCOCR_MultiSceneOcr_Cord
  CCOCR_MultiSceneOcr_Funsd CCOCR_MultiSceneOcr_Hieragent CCOCR_MultiSceneOcr_Iam CCOCR_MultiSceneOcr_Ic15
  CCOCR_MultiSceneOcr_Inversetext CCOCR_MultiSceneOcr_Totaltext CCOCR_MultiSceneOcr_UgcLaion
  CCOCR_MultiSceneOcr_ZhDense CCOCR_MultiSceneOcr_ZhDoc CCOCR_MultiSceneOcr_ZhHandwriting
  CCOCR_MultiSceneOcr_ZhScene CCOCR_MultiSceneOcr_ZhVertical CG-Bench_MCQ_Grounding CG-Bench_MCQ_Grounding_Mini
  CG-Bench_OpenEnded CG-Bench_OpenEnded_Mini CGAVCounting CMMMU_VAL CMMU_MCQ COCO_VAL CRPE_EXIST CRPE_RELATION
  CV-Bench-2D CV-Bench-3D CVQA_EN CVQA_LOC CharXiv_descriptive_val CharXiv_reasoning_val ChartBench ChartCap
  ChartMimic_v1_customized ChartMimic_v1_direct ChartMimic_v2_customized ChartMimic_v2_customized_1800
  ChartMimic_v2_customized_600 ChartMimic_v2_direct ChartMimic_v2_direct_1800 ChartMimic_v2_direct_600
  ChartMuseum_dev ChartMuseum_test ChartQAPro ChartQAPro_CoT ChartQAPro_PoT ChartQA_TEST ChartX CoreCognition
  CountBenchQA Creation_MMBench DA-2K DREAM-1K DSRBench DUDE DUDE_MINI Design2Code DocVQA_TEST DocVQA_VAL DynaMath
  DynaMath_noprompt EMMA EMMA_COT ERIQ ERQA EgoExoBench_MCQ EmbSpatialBench EuPhO_2024 EuPhO_2025 F_MA_2024
  F_MA_2025 Flames FoxBench GMAI-MMBench_TEST GMAI-MMBench_VAL GMAI_mm_bench_TEST_part_1 GMAI_mm_bench_TEST_part_10
  GMAI_mm_bench_TEST_part_11 GMAI_mm_bench_TEST_part_2 GMAI_mm_bench_TEST_part_3 GMAI_mm_bench_TEST_part_4
  GMAI_mm_bench_TEST_part_5 GMAI_mm_bench_TEST_part_6 GMAI_mm_bench_TEST_part_7 GMAI_mm_bench_TEST_part_8
  GMAI_mm_bench_TEST_part_9 GOBench GQA_TestDev_Balanced GSM8K-V GroundingME HRBench4K HRBench8K HallusionBench
  HiPhO_ALL IPhO_2024 IPhO_2025 InfoVQA_TEST InfoVQA_VAL K-DTCBench LEGO_circular LENS-CN-QA LENS-CN-QA_MINI
  LLaVABench LLaVABench_KO LiveMMBench_Creation LiveMMBench_Infographic LiveMMBench_Perception
  LiveMMBench_Reasoning LiveMMBench_Reasoning_circular LiveMMBench_Spatial LogicVista LongDocURL LongVideoBench
  M3oralBench MATBench MEGABench MIA-Bench MLLMGuard_DS MLVU MLVU_MCQ MLVU_OpenEnded MM-HELIX MM-HELIX_lang
  MM-IFEval MM-Math MMAlignBench MMBench MMBench-Video MMBench_CN MMBench_CN_V11 MMBench_DEV_CN MMBench_DEV_CN_V11
  MMBench_DEV_EN MMBench_DEV_EN_V11 MMBench_DEV_KO MMBench_TEST_CN MMBench_TEST_CN_V11 MMBench_TEST_EN
  MMBench_TEST_EN_V11 MMBench_V11 MMBench_V11_MINI MMCR MMDU MME MME-RealWorld MME-RealWorld-CN MME-RealWorld-Lite
  MME-Reasoning MMESCI_EN MMESCI_ES MMESCI_FR MMESCI_JA MMESCI_VisionOnly MMESCI_ZH MME_CoT_TEST MMGenBench-Domain
  MMGenBench-Test MMLongBench_128K MMLongBench_256K MMLongBench_32K MMLongBench_512K MMLongBench_DOC MMMU_DEV_VAL
  MMMU_Pro_10c MMMU_Pro_10c_COT MMMU_Pro_V MMMU_Pro_V_COT MMMU_TEST MMMU_VAL MMOral_OPG_CLOSED MMOral_OPG_OPEN
  MMRarebench_Crossmodal MMRarebench_Diagnosis MMRarebench_Examination MMRarebench_Treatment MMReason_testmini
  MMSIBench_circular MMSIBench_wo_circular MMSIVideoBench MMSafetyBench MMSci_DEV_Captioning_image_only
  MMSci_DEV_Captioning_with_abs MMSci_DEV_MCQ MMStar MMStar_KO MMStar_MINI MMStar_TR MMT-Bench_ALL MMT-Bench_ALL_MI
  MMT-Bench_VAL MMT-Bench_VAL_MI MMVMBench MMVP MMVet MMVet_Hard MM_NIAH_TEST MM_NIAH_VAL MOAT MSEarthMCQ MSSBench
  MTVQA_TEST MUIRBench MVBench MVBench_MP4 MVTamperBench MVTamperBenchEnd MVTamperBenchStart MVU-Eval MaCBench
  MathCanvas-Bench MathVerse_MINI MathVerse_MINI_Text_Dominant MathVerse_MINI_Text_Lite
  MathVerse_MINI_Vision_Dominant MathVerse_MINI_Vision_Intensive MathVerse_MINI_Vision_Only
  MathVerse_MINI_Vision_Only_cot MathVision MathVision_MINI MathVista_MINI MedQDEGBench_good_dev
  MedQDEGBench_good_test MedQDEGBench_simulate_dev MedQDEGBench_simulate_test MedXpertQA_MM_test MedqbenchCaption
  MedqbenchCaption_dev MedqbenchCaption_test MedqbenchMCQ MedqbenchMCQ_dev MedqbenchMCQ_test
  MedqbenchPairedDescription_dev MedqbenchPairedDescription_test MemLens_128K MemLens_256K MemLens_32K MemLens_64K
  MicroBench MicroVQA MindCubeBench_raw_qa MindCubeBench_tiny_raw_qa MovieChat1k NBPhO_2024 NBPhO_2025
  NaturalBenchDataset OCRBench OCRBench_MINI OCRBench_v2 OCRBench_v2_MINI OCRVQA_TEST OCRVQA_TESTCORE OCR_Reasoning
  OMTGBench OSWorld_G OceanOCRBench OlympiadBench OlympiadBench_CN OlympiadBench_EN Omni3DBench OmniDocBench
  OmniEarth-Bench OmniMat_CAL OmniMat_QA OmniMedVQA POPE PanMechanics_2024 PanMechanics_2025 PanPhO_2024
  PanPhO_2025 PathMMU_TEST PathMMU_VAL PathVQA_TEST PathVQA_VAL PhyX_MC PhyX_OE PhyX_mini_MC PhyX_mini_OE
  Physics_blankim PlotQA PuzzleVQA Q-Bench1_TEST Q-Bench1_VAL QBench_Video QBench_Video_MCQ QBench_Video_VQA
  QSpatial_plus QSpatial_scannet R-Bench-Dis R-Bench-Ref ReVSI RealWorldQA ReasonMap-Plus RefCOCO RefSpatial
  RefSpatial-Bench RefSpatial_wo_unseen RoboSpatialHome SArena SArena_MINI SCAM SEEDBench2 SEEDBench2_Plus
  SEEDBench_IMG SEEDBench_IMG_KO SFE-zh SGI-DeepResearch SGI-DryExperiment SGI-Experimental-Reasoning
  SGI-IdeaGeneration SGI-WetExperiment SIUO SIUO_GEN SIUO_MCQ SLIDEVQA SLIDEVQA_MINI SPBench-MV SPBench-MV_CoT
  SPBench-SI SPBench-SI_CoT SSI_Bench STI-Bench SUPERChem SUPERChem_text SciDocBench ScienceQA_TEST ScienceQA_VAL
  ScreenSpot ScreenSpot_Desktop ScreenSpot_Mobile ScreenSpot_Pro ScreenSpot_Pro_CAD ScreenSpot_Pro_Creative
  ScreenSpot_Pro_Development ScreenSpot_Pro_OS ScreenSpot_Pro_Office ScreenSpot_Pro_Scientific ScreenSpot_Web
  ScreenSpot_v2 ScreenSpot_v2_Desktop ScreenSpot_v2_Mobile ScreenSpot_v2_Web SeePhys SeePhys_vo SimpleVQA
  SiteBenchImage SiteBenchVideo SparBench SparBench_tiny Spatial457 SpatialEval StaticEmbodiedBench
  StaticEmbodiedBench_circular TableVQABench TallyQA TaskMeAnything_v1_imageqa_random TempCompass
  TempCompass_Captioning TempCompass_MCQ TempCompass_YorN TextVQA_VAL TopViewRS TreeBench UniSVG V2P-Bench VBGD
  VCR-Bench VCR_EN_EASY_100 VCR_EN_EASY_500 VCR_EN_EASY_ALL VCR_EN_HARD_100 VCR_EN_HARD_500 VCR_EN_HARD_ALL
  VCR_ZH_EASY_100 VCR_ZH_EASY_500 VCR_ZH_EASY_ALL VCR_ZH_HARD_100 VCR_ZH_HARD_500 VCR_ZH_HARD_ALL VDC VGRPBench
  VL-RewardBench VLADBench VLM2Bench VLMBias VLMBlind VLRMBench VLRMBench_Foresight VLRMBench_MultiSolution
  VMCBench_DEV VMCBench_TEST VSI-Bench VSI-Bench-Debiased VSR-zeroshot VStarBench VTCBench VenusBench-GD Video-MME
  Video-MME-v2 Video-TT VideoMMMU Video_Holmes Video_MMLU_CAP Video_MMLU_QA ViewSpatialBench VisFactor
  VisFactor_CoT VisFactor_GE VisFactor_GE_CoT VisFactor_GH VisFactor_GH_CoT VisFactor_GN VisFactor_GN_CoT
  VisOnlyQA-VLMEvalKit VisuLogic VisualPuzzles VizWiz VsiSuperCount_10mins VsiSuperCount_120mins
  VsiSuperCount_30mins VsiSuperCount_60mins VsiSuperRecall_10mins VsiSuperRecall_120mins VsiSuperRecall_240mins
  VsiSuperRecall_30mins VsiSuperRecall_60mins WeMath WeMath_COT WikiVQABench WildDoc WildVision WorldMedQA-V
  WorldSense WorldVQA XLRS-Bench-lite XSTest ZEROBench ZEROBench_sub atomic_dataset electro_dataset hle_verified
  mechanics_dataset olmOCRBench optics_dataset quantum_dataset statistics_dataset tdbench_cs_depth
  tdbench_cs_height tdbench_cs_integrity tdbench_cs_zoom tdbench_grounding_rot0 tdbench_grounding_rot180
  tdbench_grounding_rot270 tdbench_grounding_rot90 tdbench_rot0 tdbench_rot180 tdbench_rot270 tdbench_rot90
  vlms_are_biased_main wildprobe_multiimg_reasoning
  `
    .trim()
    .split(/\s+/),
);
