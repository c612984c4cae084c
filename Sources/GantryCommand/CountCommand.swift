// `gantry count`: its arguments, and its way from a process with one thread to an exit status.

import ArgumentParser
import Gantry

/// Counts text files in containers.
struct CountCommand: ParsableCommand {
  /// The choices of `--compression`.
  enum CompressionChoice: String, CaseIterable, ExpressibleByArgument {
    case automatic
    case lz4
    case none
  }

  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Count the lines, words and bytes of text files in containers.",
    discussion: """
      Reads the text files at and below the paths, in blocks of whole lines, and counts the blocks in containers. \
      Prints the totals, the commonest words, the slowest files, and what the work cost.

      Lines and words are those of wc: line ends, and runs of bytes other than ASCII white space. The list of the \
      commonest words is about language instead: letters A to Z are made small, a word is a run of letters, ASCII \
      or beyond, with apostrophes inside; digits and signs end it; words of more than 255 bytes are left out.

      Hidden files count. Symbolic links are followed where they are given, not below. Files with a zero byte in \
      their first block are binary and skipped. Files that cannot be read are named on standard error and skipped. \
      A block that makes its containers crash is tried three times, named on standard error, and missing from the \
      totals.

      Exit status: 0 when all that could be read was counted, 1 when a block was lost or the work could not be \
      done, 64 for wrong arguments.
      """)

  @Argument(help: "Files and directories.", completion: .file())
  var paths: [String]

  @Option(help: ArgumentHelp("The most containers; as many as processors by default.", valueName: "n"))
  var containers: Int?

  @Flag(help: "Take the counts as they are done, not in the order of the files.")
  var unordered = false

  @Option(help: "Whether blocks travel compressed.")
  var compression = CompressionChoice.automatic

  @Option(
    help: ArgumentHelp(
      "Crash the container of the first block of each file whose path contains this.", valueName: "substring")
  )
  var crashOn: String?

  func validate() throws {
    if let containers, containers < 1 {
      throw ValidationError("--containers is \(containers); it must be 1 or more.")
    }
    if paths.isEmpty || paths.contains("") { throw ValidationError("A path must not be empty.") }
    if crashOn == "" {
      throw ValidationError("--crash-on must not be empty: every path contains the empty text.")
    }
  }

  /// Never returns; throws where no driver can be had.
  func run() throws {
    let options = FunctionOptions(maxContainers: containers, compression: Compression(compression))
    let function = Function("count", options: options) { (block: Block) in count(block) }
    // Before anything starts a thread: the containers' ancestor is forked from this process here.
    let driver = try Driver(function)
    let run = CountRun(
      function: function, driver: driver, paths: paths.map { Path($0) }, isOrdered: !unordered,
      crashOn: crashOn.map { Array($0.utf8) })
    run.start()
  }
}

extension Compression {
  fileprivate init(_ choice: CountCommand.CompressionChoice) {
    switch choice {
    case .automatic: self = .automatic
    case .lz4: self = .lz4
    case .none: self = .none
    }
  }
}
