// What a count found, as values: filled as results arrive, printed by the report.

import Gantry

/// The result of `gantry count`.
struct Summary {
  /// A block that no container could count.
  struct Lost: Equatable {
    var blocks = 0
    var bytes = 0
  }

  /// What the driver did.
  struct Work: Equatable {
    /// A container that was alive at the end.
    struct Container: Equatable {
      var pid: Int32
      var state: String
      var blocks: Int
    }

    var retried = 0
    var chunks = 0
    var bytesRaw = 0
    var bytesPacked = 0
    var containersStarted = 0
    var containersDied = 0
    var containers: [Container] = []
  }

  var files = Catalogue.Totals()
  var slowest: [Catalogue.FileTime] = []
  var lines = 0
  var words = 0
  var bytes = 0
  var blocks = 0
  var lost = Lost()
  var table = WordTable(expecting: 1 << 14)
  var nanoseconds = 0
  var work = Work()

  /// Adds what was counted in a block.
  ///
  /// - Throws: `MalformedTable` where its words are damaged; its totals are then not added.
  mutating func add(_ count: BlockCount) throws(MalformedTable) {
    try table.merge(packed: count.table)
    lines += count.lines
    words += count.words
    bytes += count.bytes
    blocks += 1
  }

  /// Notes a block that is missing from the totals.
  mutating func lose(bytes: Int) {
    lost.blocks += 1
    lost.bytes += bytes
  }
}

extension Summary.Work {
  /// Takes over the figures of a driver's only function.
  init(_ statistics: Statistics) {
    self.init()
    guard let function = statistics.functions.first else { return }
    retried = function.retried
    chunks = function.chunks
    bytesRaw = function.bytesRaw
    bytesPacked = function.bytesPacked
    containersStarted = function.containersStarted
    containersDied = function.containersDied
    containers = function.containers.map {
      Container(pid: $0.pid, state: "\($0.state)", blocks: $0.outputs)
    }
  }
}
