// `gantry tour`: its arguments, and its way into the App that the tour is.

import ArgumentParser
import Gantry

/// Shows what Gantry does, one chapter of the guide after the other.
struct TourCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour",
    abstract: "See every kind of parallel map run: the code, and what it gives.",
    discussion: """
      Runs the chapters of the guide to parallel maps. For each it prints the Swift lines that it runs, exactly as \
      they are compiled into this command, and then what they gave. All of it takes some seconds.

      Containers crash on purpose in the last chapter.
      """)

  @Argument(help: "The chapters to run; all of them by default.")
  var chapters: [String] = []

  @Flag(help: "List the chapters.")
  var list = false

  func validate() throws {
    let names = Tour().chapters.map(\.name)
    for chapter in chapters where !names.contains(chapter) {
      throw ValidationError(
        "There is no chapter \"\(chapter)\". There are: \(names.joined(separator: ", ")).")
    }
  }

  /// Never returns, unless it only lists.
  func run() throws {
    if list {
      let chapters = Tour().chapters
      let rows = chapters.map { [$0.name, $0.title] }
      print(aligned(rows, [.left, .left]).joined(separator: "\n"))
      return
    }
    chosenChapters.withLock { $0 = chapters }
    Tour.main()
  }
}
