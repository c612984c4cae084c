// The tour shows the lines it runs, and they give what the guide says. Runs the command itself: a test runner has threads.

import Foundation
import Testing

@testable import GantryCommand

@Suite(.serialized) struct TourTests {
  /// What a chapter of `output` printed below its lines.
  private func outcome(of title: String, in output: String) throws -> [String] {
    let chapter = try #require(
      "\n\(output)".components(separatedBy: "\n== ").first { $0.hasPrefix("\(title) (") },
      "\(title) is missing.")
    let parts = chapter.components(separatedBy: "\ngives:\n\n")
    try #require(parts.count == 2)
    return parts[1].split(separator: "\n").map(String.init)
  }

  /// Runs `gantry tour`; its standard output.
  private func tour(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let beside = Bundle.main.executableURL ?? Bundle.main.bundleURL
    let places = ([beside] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }).map {
      $0.deletingLastPathComponent().appendingPathComponent("gantry")
    }
    let command = places.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    let found: URL = try #require(command, "The command is not beside the tests.")
    process.executableURL = found
    process.arguments = ["tour"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }

  @Test func everyChapterGivesWhatTheGuideSays() throws {
    let (status, output) = try tour([])
    #expect(status == 0)
    func expect(_ title: String, _ lines: [String]) throws {
      #expect(try outcome(of: title, in: output) == lines, "in \(title)")
    }
    try expect("Parallel map", ["[1, 4, 9, 16]"])
    try expect("Multiple arguments", ["[10, 40, 90]"])
    try expect("Starmap", ["[6, 15, 24]"])
    try expect("Spawn map", ["Computation started in background", "4 completed: [1, 4, 9, 16]"])
    try expect("Async usage", [2, 4, 6, 8].map { "Got result: \($0)" })
    try expect(
      "Backpressure",
      ["before the first result: 0 inputs taken", "after ten results: at most 110 inputs taken is true"])
    try expect(
      "Retries with exponential backoff", ["page 7 at attempt 4", "waited 700 ms or more is true"])
    try expect("Rate limits", ["[1, 2, 3, 4, 5, 6] took 400 ms or more is true"])
    // How soon a container is there is a matter of the machine's other work.
    let scaled = try outcome(of: "Container scaling", in: output)
    #expect(scaled.first == "4 inputs ran in 1 container(s)" && scaled.count == 2)
    #expect([2, 3, 4].contains { scaled.last == "4 inputs ran in \($0) container(s)" })

    let order = try outcome(of: "Ordering outputs", in: output)
    #expect(Array(order.prefix(3)) == [500, 10, 250].map { "in order: \($0)" })
    #expect(Set(order.dropFirst(3)) == Set([500, 10, 250].map { "as done: \($0)" }))
    let processed = try outcome(of: "For each", in: output)
    #expect(Set(processed.dropLast()) == Set((1...5).map { "Processing \($0)" }))
    #expect(processed.last == "all done")
    let divided = try outcome(of: "Exceptions as values", in: output)
    try #require(divided.count == 3)
    #expect(divided[0] == "Input 0 result: 5.0" && divided[2] == "Input 2 result: 6.0")
    #expect(divided[1].hasPrefix("Input 1 failed: ") && divided[1].contains("DivisionByZero"))
    let chunked = try outcome(of: "Chunking", in: output)
    #expect(chunked.allSatisfy { $0.contains("the sum is 12502500, after ") } && chunked.count == 2)
    let logged = try outcome(of: "Debug logging", in: output)
    #expect(logged.contains("the sum is 332833500"))
    #expect(logged.contains { $0.hasPrefix("debug gantry: ") })
    let crashed = try outcome(of: "A crash costs one input", in: output)
    #expect(
      crashed.filter { $0.contains(" result: ") }
        == [(0, 250), (2, 125), (3, 100)].map {
          "Input \($0) result: \($1)"
        })
    let crash = try #require(crashed.first { $0.hasPrefix("Input 1 of function ") })
    #expect(crash.contains(" crashed its container after 3 attempts: container "))
  }

  @Test func aChapterRunsAlone() throws {
    let (status, output) = try tour(["starmap"])
    #expect(status == 0)
    #expect("\n\(output)".components(separatedBy: "\n== ").count == 2)
    #expect(try outcome(of: "Starmap", in: output) == ["[6, 15, 24]"])
  }

  @Test func theListNamesEveryChapterAndNothingElseIsTaken() throws {
    let (status, output) = try tour(["--list"])
    #expect(status == 0)
    let names = output.split(separator: "\n").map { String($0.split(separator: " ")[0]) }
    #expect(names == Tour().chapters.map(\.name))
    #expect(Set(names).count == names.count)
    #expect(try tour(["no-such-chapter"]).status == 64)
  }

  @Test func whatIsShownIsWhatIsCompiled() throws {
    var shown: [String: String] = [:]
    let directory = URL(fileURLWithPath: "\(#filePath)").deletingLastPathComponent()
      .appendingPathComponent("../../Sources/GantryCommand/Tour")
    for file in try FileManager.default.contentsOfDirectory(atPath: directory.path)
    where file.hasSuffix("Chapters.swift") {
      let source = try String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8)
      for chapter in source.components(separatedBy: "\nstruct ").dropFirst() {
        let parts = chapter.components(separatedBy: "  // shown\n")
        guard parts.count == 2 else { continue }
        let lines = parts[1].components(separatedBy: "\n  // end shown")[0].split(
          separator: "\n", omittingEmptySubsequences: false)
        shown[String(chapter.prefix { $0 != ":" })] =
          lines.map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : String($0) }.joined(separator: "\n")
      }
    }
    #expect(shown == tourText, "Run tools/tour-text.")
    #expect(Set(shown.keys) == Set(Tour().chapters.map { "\(type(of: $0))" }))
  }
}
