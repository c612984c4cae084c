// What is known of the files under way: the walk writes it from the thread that reads, the command as counts arrive.
// A file's record goes once its last block is settled, so that memory does not grow with the tree.

import Synchronization

/// The book of files and blocks.
final class Catalogue: Sendable {
  /// How many files there were of each sort.
  struct Totals: Equatable, Sendable {
    var files = 0
    var binary = 0
    var unreadable = 0
    var links = 0
    var special = 0
  }

  /// A counted file.
  struct FileTime: Equatable, Sendable {
    var path: Path
    var bytes: Int
    var nanoseconds: Int
  }

  /// Where a block is from.
  struct Location: Equatable, Sendable {
    var path: Path
    var bytes: Range<Int>
  }

  fileprivate struct File {
    let path: Path
    var bytes = 0
    var nanoseconds = 0
    var blocksOpen = 0
    var isRead = false
  }

  fileprivate struct Issued {
    let file: Int
    let bytes: Range<Int>
  }

  fileprivate struct Book {
    var totals = Totals()
    var files: [Int: File] = [:]
    var blocks: [Int: Issued] = [:]
    var nextBlock = 0
    var slowest: Top<FileTime>
  }

  private let book: Mutex<Book>

  /// Makes an empty catalogue.
  ///
  /// - Parameter limit: The most files of which the time is kept to the end.
  init(slowest limit: Int = 10) {
    book = Mutex(
      Book(
        slowest: Top(limit) { one, other in
          one.nanoseconds != other.nanoseconds
            ? one.nanoseconds > other.nanoseconds : one.path.bytes.lexicographicallyPrecedes(other.path.bytes)
        }))
  }

  /// The figures so far.
  var totals: Totals { book.withLock { $0.totals } }

  /// The files that took longest, of those that are done.
  var slowest: [FileTime] { book.withLock { $0.slowest.elements } }

  // MARK: - From the thread that reads

  /// Begins a text file; returns its number.
  func begin(_ path: Path) -> Int {
    book.withLock { book in
      let number = book.totals.files
      book.totals.files += 1
      book.files[number] = File(path: path)
      return number
    }
  }

  /// Gives a block of a file its number.
  func issue(of file: Int, bytes: Range<Int>) -> Int {
    book.withLock { book in
      defer { book.nextBlock += 1 }
      book.blocks[book.nextBlock] = Issued(file: file, bytes: bytes)
      book.files[file]?.blocksOpen += 1
      return book.nextBlock
    }
  }

  /// Ends a file: no more blocks of it will come.
  func end(_ file: Int) {
    book.withLock { book in
      book.files[file]?.isRead = true
      book.close(file)
    }
  }

  /// Counts something that is not counted as a text file.
  func skip(_ sort: WritableKeyPath<Totals, Int> & Sendable) {
    book.withLock { $0.totals[keyPath: sort] += 1 }
  }

  // MARK: - As counts arrive

  /// Enters the time that a block took; returns where it is from.
  @discardableResult
  func settle(_ block: Int, nanoseconds: Int) -> Location? {
    book.withLock { book -> Location? in
      guard let issued = book.blocks.removeValue(forKey: block), var file = book.files[issued.file]
      else { return nil }
      file.bytes += issued.bytes.count
      file.nanoseconds += nanoseconds
      file.blocksOpen -= 1
      book.files[issued.file] = file
      book.close(issued.file)
      return Location(path: file.path, bytes: issued.bytes)
    }
  }
}

extension Catalogue.Book {
  fileprivate mutating func close(_ number: Int) {
    guard let file = files[number], file.isRead, file.blocksOpen == 0 else { return }
    files[number] = nil
    slowest.offer(Catalogue.FileTime(path: file.path, bytes: file.bytes, nanoseconds: file.nanoseconds))
  }
}
