// The book of a dead container whose words are not believed, or name nobody although something was running: what it had
// begun is suspect. Each such death accounts for an input or narrows the suspicion, so none goes on for ever.

extension LaneLedger {
  /// The inputs of the oldest descriptor that are not accounted for; nil where there are none.
  package var foremost: Piece? {
    for index in 0..<entries.count where entries[index].accounted < entries[index].end {
      let entry = entries[index]
      return Piece(chunk: entry.chunk, inputs: entry.accounted..<entry.end)
    }
    return nil
  }

  /// Whether a container could be running this input: it belongs to a descriptor in the book.
  package func mayRun(_ progress: LaneProgress) -> Bool {
    for index in 0..<entries.count where LaneProgress.tag(of: entries[index].position) == progress.tag {
      return progress.input >= entries[index].first && progress.input < entries[index].end
    }
    return false
  }

  /// Closes the book of a container whose words are not believed.
  ///
  /// Suspects are the inputs of its oldest descriptor that are not accounted for. A running input that it names bounds
  /// them where that can be true; if it is a lie, those before it run again in vain, once.
  package mutating func closeDistrusting(at progress: LaneProgress) -> (suspects: Piece?, obituary: Obituary)
  {
    var suspects: Piece?
    var obituary = Obituary(culprit: nil, redeliver: [], released: [])
    while let entry = entries.popFirst() {
      obituary.released.append(entry.chunk)
      var rest = entry.accounted..<entry.end
      if suspects == nil, !rest.isEmpty {
        let isNamed =
          progress.isRunning && progress.tag == LaneProgress.tag(of: entry.position)
          && rest.contains(progress.input)
        let end = isNamed ? progress.input + 1 : entry.end
        suspects = Piece(chunk: entry.chunk, inputs: rest.lowerBound..<end)
        rest = end..<entry.end
      }
      if !rest.isEmpty { obituary.redeliver.append(Piece(chunk: entry.chunk, inputs: rest)) }
    }
    inputs = 0
    pieceOf = nil
    return (suspects, obituary)
  }
}
