// Prints where the engine looks for cuBLASLt, a path a line:  list ROOT
#include <iostream>

#include "kernels/cuda/cublaslt_search.h"

int main(int, char** arguments) {
  for (const std::string& path : llava::cuda::cublaslt_search_paths(arguments[1])) std::cout << path << '\n';
}
