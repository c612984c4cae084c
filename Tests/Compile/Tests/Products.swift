// The built programs, and how the tests run one: in a process of its own, with all that it prints.
// Used by the suite of CompileTests. Waits are bounded: a program that hangs is killed.

import Foundation

enum Products {
  struct Run {
    let status: Int32
    let output: String
    let errors: String
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Where the programs and modules lie: beside the test bundle.
  static let directory: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    for candidate in [own] + CommandLine.arguments {
      guard let slash = candidate.lastIndex(of: "/") else { continue }
      let directory = String(candidate[..<slash])
      if FileManager.default.isExecutableFile(atPath: directory + "/ContractProgram") { return directory }
    }
    return "."
  }()

  static func run(_ product: String) throws -> Run { try run("\(directory)/\(product)", []) }

  /// Runs a program to its end, which is forced after some minutes.
  ///
  /// Output goes to files: a pipe could fill up.
  static func run(_ path: String, _ arguments: [String]) throws -> Run {
    let process = Process()
    let output = try scratch()
    let errors = try scratch()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let pid = process.processIdentifier
    let watchdog = DispatchWorkItem { kill(pid, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 240, execute: watchdog)
    process.waitUntilExit()
    watchdog.cancel()
    return Run(status: process.terminationStatus, output: text(of: output), errors: text(of: errors))
  }

  /// A file without a name.
  private static func scratch() throws -> FileHandle {
    let path = NSTemporaryDirectory() + "/gantry-compile-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    defer { unlink(path) }
    return try FileHandle(forUpdating: URL(fileURLWithPath: path))
  }

  private static func text(of file: FileHandle) -> String {
    try? file.seek(toOffset: 0)
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
  }
}
