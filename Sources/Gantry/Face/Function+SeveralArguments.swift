// How a function is made of its body: any number of arguments, a value or nothing, synchronous or asynchronous.
// The codings are chosen here, where every type is known, so that the container's loop is specialised for them.

public import GantryContainers
public import GantryWire

extension Function {
  /// Makes a function of a body with any number of arguments and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        name, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(SingleCoding<Output>.self),
        .sync { chunk in
          runInputs(of: &chunk, TupleCoding<repeat each A>.self, SingleCoding<Output>.self) { input in
            try body(repeat each input)
          }
        }, { input in try body(repeat each input) }))
  }

  /// Makes a function of a body with any number of arguments and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (repeat each A) throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        nil, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(SingleCoding<Output>.self),
        .sync { chunk in
          runInputs(of: &chunk, TupleCoding<repeat each A>.self, SingleCoding<Output>.self) { input in
            try body(repeat each input)
          }
        }, { input in try body(repeat each input) }))
  }

  /// Makes a function of an asynchronous body with any number of arguments and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) async throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        name, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(SingleCoding<Output>.self),
        .async(
          AsyncRunner(TupleCoding<repeat each A>.self, SingleCoding<Output>.self) { input in
            try await body(repeat each input)
          }), { input in try await body(repeat each input) }))
  }

  /// Makes a function of an asynchronous body with any number of arguments and a result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (repeat each A) async throws -> Output
  ) where Input == (repeat each A), Output: Payload {
    self.init(
      FunctionCore(
        nil, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(SingleCoding<Output>.self),
        .async(
          AsyncRunner(TupleCoding<repeat each A>.self, SingleCoding<Output>.self) { input in
            try await body(repeat each input)
          }), { input in try await body(repeat each input) }))
  }

  // Behind the bodies with tuples: a tuple is a result, not something to discard.
  /// Makes a function of a body with any number of arguments and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(VoidCoding.self),
        .sync { chunk in
          runInputs(of: &chunk, TupleCoding<repeat each A>.self, VoidCoding.self) { input in
            try body(repeat each input)
          }
        }, { input in try body(repeat each input) }))
  }

  // Behind the bodies with tuples: a tuple is a result, not something to discard.
  /// Makes a function of a body with any number of arguments and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (repeat each A) throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        nil, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(VoidCoding.self),
        .sync { chunk in
          runInputs(of: &chunk, TupleCoding<repeat each A>.self, VoidCoding.self) { input in
            try body(repeat each input)
          }
        }, { input in try body(repeat each input) }))
  }

  // Behind the bodies with tuples: a tuple is a result, not something to discard.
  /// Makes a function of an asynchronous body with any number of arguments and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) async throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        name, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(VoidCoding.self),
        .async(
          AsyncRunner(TupleCoding<repeat each A>.self, VoidCoding.self) { input in
            try await body(repeat each input)
          }), { input in try await body(repeat each input) }))
  }

  // Behind the bodies with tuples: a tuple is a result, not something to discard.
  /// Makes a function of an asynchronous body with any number of arguments and no result.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload>(
    options: FunctionOptions = .init(), _ body: @escaping @Sendable (repeat each A) async throws -> Void
  ) where Input == (repeat each A), Output == Void {
    self.init(
      FunctionCore(
        nil, options, InputCoding(TupleCoding<repeat each A>.self), OutputCoding(VoidCoding.self),
        .async(
          AsyncRunner(TupleCoding<repeat each A>.self, VoidCoding.self) { input in
            try await body(repeat each input)
          }), { input in try await body(repeat each input) }))
  }

  /// Makes a function of a body with any number of arguments and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, InputCoding(TupleCoding<repeat each A>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .sync { chunk in
          runInputs(
            of: &chunk, TupleCoding<repeat each A>.self, TupleCoding<First, Second, repeat each Other>.self
          ) { input in try body(repeat each input) }
        }, { input in try body(repeat each input) }))
  }

  /// Makes a function of a body with any number of arguments and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, InputCoding(TupleCoding<repeat each A>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .sync { chunk in
          runInputs(
            of: &chunk, TupleCoding<repeat each A>.self, TupleCoding<First, Second, repeat each Other>.self
          ) { input in try body(repeat each input) }
        }, { input in try body(repeat each input) }))
  }

  /// Makes a function of an asynchronous body with any number of arguments and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String?, options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) async throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, InputCoding(TupleCoding<repeat each A>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .async(
          AsyncRunner(TupleCoding<repeat each A>.self, TupleCoding<First, Second, repeat each Other>.self) {
            input in
            try await body(repeat each input)
          }), { input in try await body(repeat each input) }))
  }

  /// Makes a function of an asynchronous body with any number of arguments and several results.
  ///
  /// A synchronous body keeps its container single-threaded; bitwise arguments and results are read and written in
  /// place in shared memory.
  ///
  /// - Parameters:
  ///   - options: How its containers are started, fed, and judged.
  ///   - body: What is run for each input, in a container.
  @_disfavoredOverload
  @inlinable
  public init<each A: Payload, First: Payload, Second: Payload, each Other: Payload>(
    options: FunctionOptions = .init(),
    _ body: @escaping @Sendable (repeat each A) async throws -> (First, Second, repeat each Other)
  ) where Input == (repeat each A), Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        nil, options, InputCoding(TupleCoding<repeat each A>.self),
        OutputCoding(TupleCoding<First, Second, repeat each Other>.self),
        .async(
          AsyncRunner(TupleCoding<repeat each A>.self, TupleCoding<First, Second, repeat each Other>.self) {
            input in
            try await body(repeat each input)
          }), { input in try await body(repeat each input) }))
  }
}
