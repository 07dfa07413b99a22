export const ServerHistoryRoom = ({ serverId }: { serverId: string }) => <p>{serverId}</p>;
