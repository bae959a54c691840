namespace OrleansStream;

/// <summary>A record of one of two streams that are joined in windows.</summary>
/// <typeparam name="T1">The type of the first stream's records.</typeparam>
/// <typeparam name="T2">The type of the second stream's records.</typeparam>
/// <param name="IsSecond">Which stream it is of.</param>
/// <param name="First">The record, if it is of the first stream.</param>
/// <param name="Second">The record, if it is of the second stream.</param>
public readonly record struct JoinSide<T1, T2>(bool IsSecond, T1? First, T2? Second);
