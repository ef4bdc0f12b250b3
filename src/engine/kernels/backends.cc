#include "kernels/backends.h"

#include <charconv>

#include "support/error.h"

namespace llava {

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> devices;
  devices.push_back(open_device("cpu")->info());
  devices.push_back(make_reference_ops()->info());
#ifdef LLAVA_CUDA
  for (DeviceInfo& info : list_cuda_devices()) devices.push_back(std::move(info));
#endif
  return devices;
}

std::unique_ptr<Ops> open_device(const std::string& name, const OpenOptions& options) {
  if (name == "reference") return make_reference_ops();
  if (name == "cpu") return make_cpu_ops(options);
  if (name == "cuda" || name.starts_with("cuda:")) {
    int32_t ordinal = 0;
    if (name.size() > 5) {
      const auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), ordinal);
      if (error != std::errc() || end != name.data() + name.size() || ordinal < 0) {
        throw Error("'" + name + "' is no device", "device", "Write cpu, cuda or cuda:N.");
      }
    }
#ifdef LLAVA_CUDA
    const CudaPresence found = find_cuda();
    if (ordinal >= found.devices) {
      throw Error(found.problem.empty() ? "there is no CUDA device " + std::to_string(ordinal) + " (found " +
                                              std::to_string(found.devices) + ")"
                                        : "there is no CUDA device: " + found.problem,
                  "device " + name, "Check nvidia-smi, or use --device cpu.");
    }
    return make_cuda_ops(ordinal, options);
#else
    throw Error("this build of the engine has no CUDA back end", "device " + name, "Use --device cpu.");
#endif
  }
  throw Error("'" + name + "' is no device", "device", "Write cpu, cuda or cuda:N.");
}

}  // namespace llava
