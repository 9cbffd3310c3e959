// The passes of the optimiser, and those of the code generator: what LLVM's C API has no functions for.
//
// LLVM's PassBuilder, which the C API goes through, knows every pass by its name, and so brings all of them into the
// library: 14 MB. Here stand those that run.

#include "llvm-c/TargetMachine.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BasicAliasAnalysis.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/BranchProbabilityInfo.h"
#include "llvm/Analysis/LastRunTrackingAnalysis.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/MemoryDependenceAnalysis.h"
#include "llvm/Analysis/MemorySSA.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/ProfileSummaryInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/CodeGen/CodeGenTargetMachineImpl.h"
#include "llvm/CodeGen/MachineModuleInfo.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/CodeGen/SelectionDAG.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/IR/PassManager.h"
#include "llvm/IR/PrintPasses.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/GVN.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopRotation.h"
#include "llvm/Transforms/Scalar/LoopUnrollPass.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"

using namespace llvm;

namespace {

TargetMachine& unwrap(LLVMTargetMachineRef machine) { return *reinterpret_cast<TargetMachine*>(machine); }

// The analyses that the passes ask for, by the type of what they look at. One that is missing here is a null pointer to
// the pass that wants it, maybe for rare code only: `nm -C` tells which `…::Key` the object file of a pass refers to.
struct Analyses {
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    ModuleAnalysisManager modules;

    explicit Analyses(TargetMachine& machine) {
        functions.registerPass([] {
            AAManager aliases;
            aliases.registerFunctionAnalysis<BasicAA>();
            return aliases;
        });
        functions.registerPass([] { return AssumptionAnalysis(); });
        functions.registerPass([] { return BasicAA(); });
        functions.registerPass([] { return BlockFrequencyAnalysis(); });
        functions.registerPass([] { return BranchProbabilityAnalysis(); });
        functions.registerPass([] { return DominatorTreeAnalysis(); });
        functions.registerPass([] { return LastRunTrackingAnalysis(); });
        functions.registerPass([] { return LoopAnalysis(); });
        functions.registerPass([] { return MemoryDependenceAnalysis(); });
        functions.registerPass([] { return MemorySSAAnalysis(); });
        functions.registerPass([] { return OptimizationRemarkEmitterAnalysis(); });
        functions.registerPass([] { return PostDominatorTreeAnalysis(); });
        functions.registerPass([] { return ScalarEvolutionAnalysis(); });
        functions.registerPass([&machine] { return machine.getTargetIRAnalysis(); });
        functions.registerPass([&machine] {
            // Code calls nothing of the C library.
            TargetLibraryInfoImpl library(machine.getTargetTriple());
            library.disableAllFunctions();
            return TargetLibraryAnalysis(std::move(library));
        });
        modules.registerPass([] { return ProfileSummaryAnalysis(); });

        loops.registerPass([] { return PassInstrumentationAnalysis(); });
        functions.registerPass([] { return PassInstrumentationAnalysis(); });
        modules.registerPass([] { return PassInstrumentationAnalysis(); });
        modules.registerPass([this] { return FunctionAnalysisManagerModuleProxy(functions); });
        functions.registerPass([this] { return ModuleAnalysisManagerFunctionProxy(modules); });
        functions.registerPass([this] { return LoopAnalysisManagerFunctionProxy(loops); });
        loops.registerPass([this] { return FunctionAnalysisManagerLoopProxy(functions); });
    }
};

// WebAssembly arrives optimised by its own compiler, but for a stack machine and with no CPU in mind: what pays is to lift
// locals into registers, to combine what was taken apart, to move what does not change out of loops, and to give loops
// the form and the length that suit this CPU. Code is as quick as after LLVM's whole `default<O3>`. The pass that
// simplifies loop counters brings nothing beside these, and takes time with the square of the number of loops.
FunctionPassManager passes(bool unrolling) {
    FunctionPassManager passes;
    passes.addPass(SROAPass(SROAOptions::ModifyCFG));
    passes.addPass(EarlyCSEPass(/*UseMemorySSA=*/true));
    passes.addPass(SimplifyCFGPass());
    passes.addPass(InstCombinePass());
    LoopPassManager loops;
    loops.addPass(LoopRotatePass());
    loops.addPass(LICMPass(LICMOptions()));
    passes.addPass(createFunctionToLoopPassAdaptor(std::move(loops), /*UseMemorySSA=*/true));
    passes.addPass(GVNPass());
    if (unrolling) passes.addPass(LoopUnrollPass(LoopUnrollOptions(/*OptLevel=*/2)));
    passes.addPass(InstCombinePass());
    passes.addPass(SimplifyCFGPass());
    return passes;
}

// Unrolling takes time with the square of the number of loops of a function: so many are quick.
constexpr size_t most_loops_to_unroll = 64;

}  // namespace

// Tables of the X86 code generator that are made when they are first asked for.
namespace llvm {
struct X86FoldTableEntry;
const X86FoldTableEntry* lookupUnfoldTable(unsigned opcode);
const X86FoldTableEntry* lookupBroadcastFoldTableBySize(unsigned opcode, unsigned bits);
}  // namespace llvm

// Makes what the passes make when they first need it in a process and the end of the process destroys, all of it: what
// `objdump` shows to call `__cxa_atexit` and is on the way of code like ours.
extern "C" __attribute__((visibility("hidden"))) void wasmo_llvm_make_tables(LLVMTargetMachineRef machine) {
    TargetMachine& target = unwrap(machine);
    lookupUnfoldTable(0);
    lookupBroadcastFoldTableBySize(0, 32);
    getGlobalPassGate();
    isPassInPrintList("");
    isFunctionInPrintList("");
    LibFunc function;
    TargetLibraryInfoImpl(target.getTargetTriple()).getLibFunc("memcpy", function);
    SelectionDAG(target, CodeGenOptLevel::Default).getVTList(MVT::i32);
}

// Runs the optimiser on each function of a module.
extern "C" __attribute__((visibility("hidden"))) void wasmo_llvm_optimize(LLVMModuleRef module,
                                                                          LLVMTargetMachineRef machine) {
    Analyses analyses(unwrap(machine));
    FunctionPassManager with_unrolling = passes(true), without = passes(false);
    for (Function& function : *unwrap(module)) {
        if (function.isDeclaration()) continue;
        const auto& loops = analyses.functions.getResult<LoopAnalysis>(function);
        const bool are_many = loops.getLoopsInPreorder().size() > most_loops_to_unroll;
        (are_many ? without : with_unrolling).run(function, analyses.functions);
        analyses.functions.clear(function, function.getName());
    }
}

// Makes an object of a module, or its assembly. NULL if the target cannot. The IR is not to be used afterwards.
extern "C" __attribute__((visibility("hidden"))) LLVMMemoryBufferRef wasmo_llvm_emit(LLVMModuleRef module,
                                                                                     LLVMTargetMachineRef machine,
                                                                                     bool assembly) {
    auto& target = static_cast<CodeGenTargetMachineImpl&>(unwrap(machine));
    SmallVector<char, 0> bytes;
    raw_svector_ostream stream(bytes);
    legacy::PassManager passes;
    // Both belong to the pass manager.
    auto* config = target.createPassConfig(passes);
    config->setDisableVerify(true);
    auto* info = new MachineModuleInfoWrapperPass(&target);
    passes.add(config);
    passes.add(info);
    // Code has no variables whose values a debugger would ask for.
    config->disablePass(&LiveDebugValuesID);
    // A CPU that runs instructions out of order gains nothing by their order; this takes a twelfth of the time.
    config->disablePass(&PostRASchedulerID);
    if (config->addISelPasses()) return nullptr;
    config->addMachinePasses();
    config->setInitialized();
    const auto type = assembly ? CodeGenFileType::AssemblyFile : CodeGenFileType::ObjectFile;
    if (target.addAsmPrinter(passes, stream, nullptr, type, info->getMMI().getContext())) return nullptr;
    passes.add(createFreeMachineFunctionPass());
    passes.run(*unwrap(module));
    return wrap(new SmallVectorMemoryBuffer(std::move(bytes), /*RequiresNullTerminator=*/false));
}
