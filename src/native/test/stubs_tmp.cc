#include "test/commands.h"
namespace llava {
int invariance_command(const CommandLine&) { return 1; }
int load_command(const CommandLine&) { return 1; }
int fuzz_command(const CommandLine&) { return 1; }
}
