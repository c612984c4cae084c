// One chapter of the tour: functions and a run of them, whose lines are shown as they are compiled.
// What is shown stands between `// shown` and `// end shown` in a chapter's source; tools/tour-text copies it to
// TourText.swift, and a test compares the two.

import Gantry

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A part of the guide, live.
protocol Chapter: Sendable {
  /// The title.
  var title: String { get }

  /// Runs what is shown, and prints what it gives.
  func run() async throws
}

extension Chapter {
  /// The name to ask for it by: "For each" is `for-each`.
  var name: String { title.lowercased().split(separator: " ").joined(separator: "-") }

  /// Prints the title and the lines, runs them, and lets what they print stand below.
  func perform() async throws {
    let lines = (tourText["\(Self.self)"] ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    print("== \(title) (\(name))\n")
    for line in lines { print(line.isEmpty ? "" : "    \(line)") }
    print("\ngives:\n")
    // Containers print too, by themselves: what stands before them must be out before they begin.
    fflush(nil)
    try await run()
    print()
    fflush(nil)
  }
}
