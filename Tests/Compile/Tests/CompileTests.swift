// What the contract of the calls says: programs that must compile do and print what they should, and programs that must
// not are refused in words that name the way out.

import Foundation
import Testing

/// One at a time: each program has containers for all processors.
@Suite(.serialized) struct CompileTests {
  @Test func theFirstProgramPrintsWhatItsCommentsSay() throws {
    let run = try Products.run("SquaresProgram")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.lines.count == 8)
    #expect(run.lines.prefix(4) == ["1", "4", "9", "16"])
    #expect(Set(run.lines.dropFirst(4).prefix(3)) == ["10", "40", "90"])
    #expect(run.lines.last == "[6, 15]")
  }

  @Test func aScriptMakesADriverAndLoopsAtItsTopLevel() throws {
    let run = try Products.run("ScriptProgram")
    #expect(run.status == 0, "\(run.errors)")
    let images = ["[1, 2]", "[4, 5]", "[7]", "[6, 15, 7]"]
    let squares = ["4", "16", "36", "[9, 36, 81]", "success 1", "success 4", "144", "done"]
    #expect(run.lines == images + squares)
  }

  @Test func aModuleOfTheMainActorHoldsAnAppAndCallsIt() throws {
    let run = try Products.run("MainActorProgram")
    #expect(run.status == 0, "\(run.errors)")
    let ofTheModel = ["[20, 40, 60]", "[2, 4, 6, 8] 4", "2.0", "[2.0, 5.0]"]
    #expect(run.lines == ofTheModel + ["2 1", "[2, 3] [3, 2, 1]"])
  }

  @Test func everyShapeAndEveryCallOfTheContractWorks() throws {
    let run = try Products.run("ContractProgram")
    #expect(run.status == 0, "\(run.output)\n\(run.errors)")
    #expect(run.lines.count == 10)
    #expect(run.lines.allSatisfy { $0.hasSuffix(": right") }, "\(run.output)")
  }

  @Test(arguments: CompilerCase.all)
  func theCompilerSaysWhatTheSourceWants(_ source: CompilerCase) throws {
    let fault = try source.fault()
    #expect(fault == nil, "\(fault ?? "")")
  }

  @Test func theSourcesAreThere() {
    #expect(CompilerCase.all.count > 8)
  }
}
