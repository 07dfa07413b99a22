export const FleetHistoryRoom = () => <p />;
