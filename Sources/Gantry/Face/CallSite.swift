// Where a function is written in the program's source: tells functions apart between processes of one executable.

/// A place in a source file.
@usableFromInline
struct CallSite: Sendable, Hashable, CustomStringConvertible {
  /// The module and the file's name.
  let fileID: String
  let line: Int
  let column: Int

  @usableFromInline
  init(_ fileID: String, _ line: Int, _ column: Int) {
    self.fileID = fileID
    self.line = line
    self.column = column
  }

  @usableFromInline
  var description: String { "\(fileID):\(line)" }
}
