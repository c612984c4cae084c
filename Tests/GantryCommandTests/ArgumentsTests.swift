// What the command line takes and refuses, without starting anything.

import ArgumentParser
import Testing

@testable import GantryCommand

@Suite struct ArgumentsTests {
  private func parse(_ arguments: String...) throws -> CountCommand? {
    try GantryCommand.parseAsRoot(arguments) as? CountCommand
  }

  @Test func everyOptionIsTaken() throws {
    let command = try parse(
      "count", "a", "b", "--containers", "3", "--unordered", "--compression", "lz4", "--crash-on", "x")
    #expect(command?.paths == ["a", "b"])
    #expect(command?.containers == 3)
    #expect(command?.unordered == true)
    #expect(command?.compression == .lz4)
    #expect(command?.crashOn == "x")
  }

  @Test func theDefaultsAreThoseOfTheLibrary() throws {
    let command = try parse("count", "a")
    #expect(command?.containers == nil)
    #expect(command?.unordered == false)
    #expect(command?.compression == .automatic)
    #expect(command?.crashOn == nil)
  }

  @Test(arguments: [
    ["count"], ["count", ""], ["count", "a", "--containers", "0"], ["count", "a", "--containers", "-1"],
    ["count", "a", "--compression", "zip"], ["count", "a", "--crash-on", ""], ["count", "a", "--unknown"],
    ["unknown"],
  ])
  func wrongArgumentsAreUsageErrors(_ arguments: [String]) {
    do {
      _ = try GantryCommand.parseAsRoot(arguments)
      Issue.record("\(arguments) were taken.")
    } catch {
      #expect(GantryCommand.exitCode(for: error) == .validationFailure)
    }
  }
}
