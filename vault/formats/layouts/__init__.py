"""Records of every known layout to conversations: chat, ShareGPT, Alpaca, preferences …"""
